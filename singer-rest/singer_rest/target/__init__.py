"""A target that writes to a REST API: message loop, lanes, dispatch, error budget, summary."""
