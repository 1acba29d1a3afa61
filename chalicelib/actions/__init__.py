"""What people do that is not create, read, change or delete; one file for each verb.

Importing this package registers every action.
"""

import pkgutil
from importlib import import_module

for _found in pkgutil.iter_modules(__path__, f"{__name__}."):
    import_module(_found.name)
