"""The pure core of deciding: observe, merge, plan, settle. No I/O, no clock, no randomness."""
