"""Every read of booking, a module per noun."""
