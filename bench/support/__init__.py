"""What benchmarks share: rows, rounds, and the servers and processes they measure."""
