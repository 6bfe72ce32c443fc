"""What runs inside the sandbox. The zygote imports this package alone, from its own folder:
nothing in it may import the rest of the project.
"""
