"""Which systems are linked, how to reach them, and what each calls the same thing."""
