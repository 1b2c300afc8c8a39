"""The command line: one file a noun. Standard output is the result alone; all else goes to standard error."""
