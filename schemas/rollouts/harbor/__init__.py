"""ATIF, the interchange format of Harbor, with the trials around it."""
