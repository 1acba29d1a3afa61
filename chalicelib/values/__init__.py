"""Validation and normal forms of values: addresses, keys, currencies, countries, languages, time zones.

Pure functions of texts, used wherever such a value is stored or compared.
"""
