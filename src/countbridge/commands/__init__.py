"""The commands: every module here with an `app` (a group) or a `command` (one function) becomes one, by its name."""
