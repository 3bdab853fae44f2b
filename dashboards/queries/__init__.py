"""The SQL of the pages: one module per page; every list has a limit, and every value is a bound parameter."""
