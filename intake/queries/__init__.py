"""Every read of intake, a module per noun."""
