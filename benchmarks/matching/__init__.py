"""How well records are matched: made-up data with known answers, and several matchers on the same records."""
