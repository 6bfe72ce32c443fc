"""Result files, journals and manifests: names, formats, reading and writing."""
