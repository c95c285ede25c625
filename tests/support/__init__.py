"""What the tests talk with: a running Baton, scripted peers on both sides of it, a backend and a load."""
