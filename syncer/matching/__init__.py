"""Matching: which records of several apps are one person or company. Pure; keys in, groups out."""
