//! Imports that run code, reach files or the network, or build such calls.
//!
//! Python's own library is dangerous unless a name of it is known to be a plain value type: published ways around
//! scanners are almost all functions of the library that no list of bad names had. In other packages single names are
//! listed, and a path through a package to a module of the library (`torch.serialization.os.system`) counts as that module.

/// Whether `module.name` is an import that a reviewer must look at.
pub(super) fn is_dangerous(import: &str) -> bool {
    let builtin = ["builtins.", "__builtin__."].iter().find_map(|module| import.strip_prefix(module));
    if let Some(name) = builtin {
        // `builtins.str.format` and the like walk attributes: only the first part names the builtin.
        let first = name.split('.').next().unwrap_or(name);
        return BUILTINS.contains(&first) || name.contains("__");
    }
    if PLAIN.contains(&import) || TAILS.contains(&import) {
        return false;
    }
    let mut parts = import.split('.');
    let first = parts.next().unwrap_or_default();
    let within = |part: &str| {
        REACHED.contains(&part) || part.starts_with("__") && part.ends_with("__") && !KNOWN_DUNDER.contains(&part)
    };
    if LIBRARY.binary_search(&first).is_ok() || parts.any(within) {
        return true;
    }
    let below = |module: &str| import.strip_prefix(module).is_some_and(|rest| rest.starts_with('.'));
    PACKAGES.contains(&first)
        || NAMES.contains(&import)
        || MODULES.iter().any(|module| below(module))
        || first != "__main__" && is_deed(import.rsplit('.').next().unwrap_or(import))
}

/// Whether a function's own name says that it runs, loads, fetches or writes something, whatever package it is of: a pickle of a
/// model names classes and what puts them together, and a list of packages has an end.
fn is_deed(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    DEEDS.contains(&name) || DEEDS_BEGIN.iter().any(|begin| name.starts_with(begin))
}

#[rustfmt::skip]
/// Names of such functions.
const DEEDS: &[&str] = &[
    "call_command", "check_call", "check_output", "compile", "dump", "dumps", "eval", "exec", "execute", "from_pretrained",
    "genfromtxt", "get_file", "get_handle", "getoutput", "import_module", "load", "loads", "main", "memmap", "open", "popen",
    "reduce_graph_module", "rmtree", "run", "safe_eval", "save", "shell", "spawn", "system", "unlink", "unsafe_load", "urlopen",
    "urlretrieve",
];

#[rustfmt::skip]
/// How others of them begin.
const DEEDS_BEGIN: &[&str] = &[
    "compile_", "download", "eval_", "exec_", "execute_", "fetch_", "import_", "load_", "open_", "popen_", "read_", "run_",
    "safe_eval", "save_", "spawn_", "to_csv", "to_pickle", "write_",
];

#[rustfmt::skip]
/// Names of `builtins` (`__builtin__` in Python 2) that run or reach anything. The rest are types and the like.
const BUILTINS: &[&str] = &[
    "__import__", "apply", "breakpoint", "compile", "delattr", "eval", "exec", "execfile", "file", "getattr",
    "globals", "help", "input", "locals", "map", "filter", "memoryview", "open", "print", "reload", "setattr", "type",
    "vars",
];

#[rustfmt::skip]
/// What of Python's library is a plain value, or makes one.
const PLAIN: &[&str] = &[
    "_codecs.encode", "argparse.Namespace", "array._array_reconstructor", "array.array", "codecs.encode",
    "collections.ChainMap", "collections.Counter", "collections.OrderedDict", "collections.UserDict",
    "collections.UserList", "collections.defaultdict", "collections.deque", "copy_reg._reconstructor",
    "copyreg.__newobj__", "copyreg.__newobj_ex__", "copyreg._reconstructor", "datetime.date", "datetime.datetime",
    "datetime.time", "datetime.timedelta", "datetime.timezone", "decimal.Decimal", "enum.Enum", "enum.IntEnum",
    "fractions.Fraction", "ipaddress.IPv4Address", "ipaddress.IPv6Address", "itertools.chain", "itertools.count",
    "itertools.repeat", "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath", "pathlib.PurePosixPath",
    "pathlib.PureWindowsPath", "pathlib.WindowsPath", "random.Random", "re._compile", "string.Template",
    "types.SimpleNamespace", "uuid.SafeUUID", "uuid.UUID", "zoneinfo.ZoneInfo", "zoneinfo.ZoneInfo._unpickle",
];

/// What is read of `cnumpy.core.multiarray\n_reconstruct` from its second `i` on, where a pickle stands behind raw bytes and no one
/// can know at which of them it begins, as in joblib's files. Python's `array` has no such names: nothing can be called by them.
const TAILS: &[&str] = &["array._reconstruct", "array.scalar"];

/// Dunder names that pickles of harmless values carry.
const KNOWN_DUNDER: &[&str] = &["__newobj__", "__newobj_ex__", "__main__", "__init__"];

#[rustfmt::skip]
/// Modules that other packages import, and that a dotted name may be led to through them.
const REACHED: &[&str] = &[
    "asyncio", "builtins", "cProfile", "codeop", "ctypes", "importlib", "linecache", "marshal", "multiprocessing", "os",
    "pickle", "pip", "posix", "pty", "pydoc", "runpy", "shutil", "ssl", "subprocess", "sys", "tempfile", "timeit",
    "urllib", "webbrowser", "zipimport",
];

/// Packages in which everything is dangerous.
const PACKAGES: &[&str] = &["aiohttp", "cloudpickle", "dill", "httpx", "paramiko", "requests", "urllib3"];

#[rustfmt::skip]
/// Modules of other packages in which everything is dangerous, with all that is below them.
const MODULES: &[&str] = &[
    "numpy.distutils", "numpy.f2py", "numpy.testing", "pandas.io.pickle", "torch.hub",
    "torch.serialization", "torch.utils.bottleneck", "torch.utils.collect_env", "torch.utils.cpp_extension",
    "torch.utils._config_module", "torch.utils.data.datapipes", "torch.distributed.elastic", "torch.jit.unsupported_tensor_ops",
    "torch._dynamo", "torch._inductor", "torch.fx.experimental", "torch.package", "torch.testing",
];

#[rustfmt::skip]
/// Single names of other packages.
const NAMES: &[&str] = &[
    "(computed).(computed)", "(extension).(registered)", "joblib.load", "joblib.numpy_pickle.load",
    "numpy.fromfile", "numpy.load", "numpy.loadtxt", "numpy.memmap", "numpy.save", "numpy.savetxt", "pandas.eval",
    "pandas.read_csv", "pandas.read_pickle", "sklearn.utils._testing.assert_run_python_script", "torch.load",
    "torch.save", "torch.storage._load_from_bytes", "tensorflow.io.read_file", "tensorflow.io.write_file",
    "keras.models.load_model", "transformers.AutoModel.from_pretrained", "transformers.pipeline",
];

#[rustfmt::skip]
/// The top names of Python's library, of 2.7 to 3.14, and of what is installed with it, sorted.
const LIBRARY: &[&str] = &[
    "BaseHTTPServer", "Bastion", "ConfigParser", "Queue", "SimpleHTTPServer", "SocketServer", "StringIO", "Tkinter",
    "_abc", "_aix_support", "_android_support", "_apple_support", "_ast", "_asyncio", "_bisect", "_blake2",
    "_bootsubprocess", "_bz2", "_codecs", "_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp", "_codecs_kr",
    "_codecs_tw", "_collections", "_collections_abc", "_compat_pickle", "_compression", "_contextvars", "_crypt",
    "_csv", "_ctypes", "_ctypes_test", "_curses", "_curses_panel", "_datetime", "_dbm", "_decimal", "_distutils_hack",
    "_elementtree", "_frozen_importlib", "_frozen_importlib_external", "_functools", "_gdbm", "_hashlib", "_heapq",
    "_imp", "_interpchannels", "_interpqueues", "_interpreters", "_io", "_ios_support", "_json", "_locale", "_lsprof",
    "_lzma", "_markupbase", "_md5", "_msi", "_multibytecodec", "_multiprocessing", "_opcode", "_operator",
    "_osx_support", "_overlapped", "_pickle", "_posixshmem", "_posixsubprocess", "_py_abc", "_pydecimal", "_pyio",
    "_pyrepl", "_queue", "_random", "_remote_debugging", "_scproxy", "_sha1", "_sha256", "_sha3", "_sha512",
    "_signal", "_sitebuiltins", "_socket", "_sqlite3", "_sre", "_ssl", "_stat", "_statistics", "_string", "_strptime",
    "_struct", "_symtable", "_testcapi", "_testinternalcapi", "_thread", "_threading_local", "_tkinter", "_tokenize",
    "_tracemalloc", "_typing", "_uuid", "_warnings", "_weakref", "_weakrefset", "_winapi", "_zoneinfo", "abc", "aifc",
    "annotationlib", "antigravity", "anydbm", "argparse", "array", "ast", "asynchat", "asyncio", "asyncore", "atexit",
    "audioop", "base64", "bdb", "binascii", "binhex", "bisect", "bsddb", "bz2", "cPickle", "cProfile", "cStringIO",
    "calendar", "ce", "cgi", "cgitb", "chunk", "cmath", "cmd", "code", "codecs", "codeop", "collections", "colorsys",
    "commands", "compileall", "compression", "concurrent", "configparser", "contextlib", "contextvars", "copy",
    "copyreg", "crypt", "csv", "ctypes", "curses", "dataclasses", "datetime", "dbm", "decimal", "difflib", "dis",
    "distutils", "doctest", "dumbdbm", "dummy_threading", "email", "encodings", "ensurepip", "enum", "errno",
    "execfile", "faulthandler", "fcntl", "filecmp", "fileinput", "fnmatch", "formatter", "fractions", "ftplib",
    "functools", "gc", "gdbm", "genericpath", "getopt", "getpass", "gettext", "glob", "graphlib", "grp", "gzip",
    "hashlib", "heapq", "hmac", "html", "http", "httplib", "idlelib", "ihooks", "imaplib", "imghdr", "imp",
    "importlib", "imputil", "inspect", "io", "ipaddress", "itertools", "json", "keyword", "lib2to3", "linecache",
    "locale", "logging", "lzma", "macpath", "mailbox", "mailcap", "marshal", "math", "mimetools", "mimetypes", "mmap",
    "modulefinder", "msilib", "msvcrt", "multifile", "multiprocessing", "netrc", "new", "nis", "nntplib", "nt",
    "ntpath", "nturl2path", "numbers", "opcode", "operator", "optparse", "os", "os2", "ossaudiodev", "parser",
    "pathlib", "pdb", "pickle", "pickletools", "pip", "pipes", "pkg_resources", "pkgutil", "platform", "plistlib",
    "popen2", "poplib", "posix", "posixpath", "pprint", "profile", "pstats", "pty", "pwd", "py_compile", "pyclbr",
    "pydoc", "pydoc_data", "pyexpat", "queue", "quopri", "random", "re", "readline", "reprlib", "resource", "rexec",
    "rfc822", "riscos", "rlcompleter", "runpy", "sched", "secrets", "select", "selectors", "setuptools", "shelve",
    "shlex", "shutil", "signal", "site", "smtpd", "smtplib", "sndhdr", "socket", "socketserver", "spwd", "sqlite3",
    "sre_compile", "sre_constants", "sre_parse", "ssl", "stat", "statistics", "string", "string.templatelib",
    "stringprep", "struct", "subprocess", "sunau", "symbol", "symtable", "sys", "sysconfig", "syslog", "tabnanny",
    "tarfile", "telnetlib", "tempfile", "termios", "test", "textwrap", "thread", "threading", "time", "timeit",
    "tkinter", "token", "tokenize", "tomllib", "trace", "traceback", "tracemalloc", "tty", "turtle", "turtledemo",
    "types", "typing", "unicodedata", "unittest", "urllib", "urllib2", "user", "uu", "uuid", "venv", "warnings",
    "wave", "weakref", "webbrowser", "whichdb", "winreg", "winsound", "wsgiref", "xdrlib", "xml", "xmlrpc",
    "xxsubtype", "zipapp", "zipfile", "zipimport", "zlib", "zoneinfo",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_sorted_so_that_it_can_be_searched() {
        assert!(LIBRARY.is_sorted());
    }

    #[test]
    fn functions_of_the_library_are_dangerous_and_plain_values_are_not() {
        for import in [
            "os.system",
            "nt.system",
            "_osx_support._read_output",
            "cgitb.lookup",
            "logging.config._resolve",
            "numpy.f2py.crackfortran.getlincoef",
            "torch.serialization.os.system",
            "builtins.exec",
            "operator.methodcaller",
            "torch.utils._config_module.ConfigModule.load_config",
            "functools.reduce",
            "pandas.io.common.os.system",
            "sklearn.__class__.__base__",
            "builtins.object.__subclasses__",
            "torch.ops.load_library",
            "torch.fx.graph_module._exec_with_source",
            "torch.fx.graph_module.reduce_graph_module",
            "torch.distributed.run.main",
            "numpy.ctypeslib.load_library",
            "numpy.lib._npyio_impl.load",
            "numpy.lib.utils.safe_eval",
            "tensorflow.python.framework.load_library.load_op_library",
            "pandas.core.computation.eval.eval",
            "pandas.io.json._json.read_json",
            "yaml.unsafe_load",
            "pexpect.run",
            "django.core.management.call_command",
            "transformers.models.auto.AutoModel.from_pretrained",
        ] {
            assert!(is_dangerous(import), "{import}");
        }
        for import in [
            "collections.OrderedDict",
            "torch._utils._rebuild_tensor_v2",
            "torch.FloatStorage",
            "builtins.set",
            "numpy._core.multiarray._reconstruct",
            "numpy.dtype",
            "sklearn.linear_model._base.LinearRegression",
            "datetime.datetime",
            "copyreg._reconstructor",
            "__main__.Model",
            "__main__.load_data",
            "pandas._libs.internals._unpickle_block",
            "pandas.core.indexes.base._new_Index",
            "sklearn.neighbors._dist_metrics.newObj",
            "joblib.numpy_pickle.NumpyArrayWrapper",
            "scipy.sparse._csr.csr_matrix",
            "torch.nn.parallel.data_parallel.DataParallel",
            "numpy.random._pickle.__randomstate_ctor",
            "sklearn.feature_selection._univariate_selection.f_classif",
            "ultralytics.nn.tasks.DetectionModel",
            "xgboost.core.Booster",
            "spacy.vocab.unpickle_vocab",
            "array._reconstruct",
            "sklearn.pipeline.Pipeline",
        ] {
            assert!(!is_dangerous(import), "{import}");
        }
    }
}
