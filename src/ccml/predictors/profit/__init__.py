"""What a predictor earns: payoff, profit curve, cut, and what if the payoff is wrong.

Nothing here learns whether an offer works: that is an assumption of the config, and only
a list with a holdout can measure it.
"""
