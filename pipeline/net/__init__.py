"""Going out to addresses that strangers name: what may be reached, and how it is brought here."""
