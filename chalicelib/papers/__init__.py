"""Papers as PDF: tickets and invoices. Text of any script is shaped by HarfBuzz in embedded Noto fonts.

Only tasks draw papers: the fonts and the shaping library are in a Lambda layer of the tasks' function.
"""
