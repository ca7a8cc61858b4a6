"""A WMS to try against: its own process, database, codes and HTTP API, and behind it the floor."""
