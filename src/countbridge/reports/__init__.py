"""The results of a count as files people keep: a workbook, and a paper to sign."""
