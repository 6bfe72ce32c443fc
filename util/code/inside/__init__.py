"""Code that runs inside the sandbox. The zygote imports only this package, from its own folder;
it must not import the rest of the project.
"""
