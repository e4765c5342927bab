"""The core job as good users of each library would write it; every module has ``run(path, job) -> results``."""
