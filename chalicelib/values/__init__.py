"""What values mean, and their normal forms: addresses, keys, currencies, countries, languages, time zones.

Plain functions of texts, which every place asks that stores or compares such a value.
"""
