"""The built pages (console, PDA) and the headers every page carries."""
