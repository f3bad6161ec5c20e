//! Imports that run code, reach files or the network, or build such calls.

#[rustfmt::skip]
/// Modules in which everything is dangerous, with all that is below them.
const MODULES: &[&str] = &[
    "_io", "_posixsubprocess", "_pickle", "_socket", "_winapi", "aiohttp", "asyncio", "bdb", "cProfile",
    "cloudpickle", "code", "codeop", "commands", "ctypes", "dill", "distutils", "doctest", "ensurepip", "fileinput",
    "ftplib", "http", "httplib", "idlelib", "imaplib", "imp", "importlib", "io", "lib2to3",
    "linecache", "marshal", "multiprocessing", "nt", "numpy.f2py", "numpy.testing._private.utils", "os", "pathlib",
    "pdb", "pickle", "pip", "pipes", "pkgutil", "platform", "poplib", "popen2", "posix", "posixpath", "profile",
    "pty", "pydoc", "requests", "requests.api", "runpy", "setuptools", "shutil", "site", "smtplib", "socket",
    "socketserver", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "test.support", "telnetlib", "threading",
    "timeit", "torch.hub", "torch.serialization", "torch.utils.cpp_extension", "trace", "urllib", "urllib2",
    "urllib3", "uuid", "venv", "webbrowser", "xmlrpc", "zipimport",
];

#[rustfmt::skip]
/// Names of `builtins` (`__builtin__` in Python 2) that run or reach anything. The rest are types and the like.
const BUILTINS: &[&str] = &[
    "__import__", "apply", "breakpoint", "compile", "delattr", "eval", "exec", "execfile", "file", "getattr",
    "globals", "help", "input", "locals", "open", "reload", "setattr", "vars",
];

#[rustfmt::skip]
/// Single names that are dangerous in modules that otherwise are not.
const NAMES: &[&str] = &[
    "functools.partial", "joblib.load", "joblib.numpy_pickle.load", "functools.reduce", "numpy.load", "numpy.testing._private.utils.runstring",
    "operator.attrgetter", "operator.itemgetter", "operator.methodcaller", "_operator.attrgetter",
    "_operator.itemgetter", "_operator.methodcaller", "pandas.eval", "pandas.read_pickle",
    "torch._dynamo.guards.GuardBuilder.get", "torch._inductor.codecache.compile_file", "torch.load",
    "torch.storage._load_from_bytes", "types.CodeType", "types.FunctionType", "_frozen_importlib.BuiltinImporter",
    "(computed).(computed)", "(extension).(registered)",
];

/// Whether `module.name` is an import that a reviewer must look at.
pub(super) fn is_dangerous(import: &str) -> bool {
    let builtin = ["builtins.", "__builtin__."].iter().find_map(|module| import.strip_prefix(module));
    if let Some(name) = builtin {
        // `builtins.str.format` and the like walk attributes: only the first part names the builtin.
        let first = name.split('.').next().unwrap_or(name);
        return BUILTINS.contains(&first) || name.contains("__");
    }
    let below = |module: &str| import.strip_prefix(module).is_some_and(|rest| rest.starts_with('.'));
    NAMES.contains(&import) || MODULES.iter().any(|module| below(module))
}
