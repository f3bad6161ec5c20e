"""The verbs of a registry, a topic a file; `refmark.Registry` is all of them."""
