"""The project as the engine of features and labels sees it."""

from dataclasses import replace

from ccml.project import Project


def on_engine(project: Project) -> Project:
    """Open the project's tables by the engine that makes features and labels.

    Raises:
        ConfigError: Spark is asked for, and it or Java is missing.
    """
    config = project.config.engine
    if config.backend != "spark":
        return project
    from ccml.engine.spark_store import SparkStore

    seen = replace(project)
    # The property finds its value here, as if it had been made by itself.
    seen.__dict__["store"] = SparkStore(project.store, config)
    return seen
