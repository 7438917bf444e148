"""The results of a check for people, browsers and build servers."""
