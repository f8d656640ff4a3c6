"""System checks: placeholder until the registry is in."""
