"""refmark as an MLflow model registry: ``mlflow.set_registry_uri("refmark:///path")``."""
