"""Other JSON:API servers for Python, each as its own documentation shows it, over the same tables.

Their packages are installed for the benchmark only, so the type checker of the project leaves this
package out.
"""
