"""Pages for whoever tries Attune on their own machine. Routed only where mail is caught."""
