"""Settings of the client: layers, merged, checked, with the origin of every value.

settings     the settings themselves, their types and defaults
layers       a layer, and how layers are merged
files        layers from TOML files
environment  the layer of `LOOM_*` variables
check        unknown keys, wrong types
trust        what a repository's own file may say before the person trusts it
remembered   permission rules that a person granted for good
load         all of it together
"""

from loom.config.layers import DEFAULT
from loom.config.load import Config, load
from loom.config.settings import Settings

__all__ = ["DEFAULT", "Config", "Settings", "load"]
