"""What a person may ask for, one file each: the command line and the service call these."""
