"""A daemon on a machine whose /etc has files that an example speaks of: laid over the real /etc, in its own mount namespace."""

import pathlib
import shutil

from lab.daemon import Daemon, compatible_name


class InstalledStandfast(Daemon):
    """`files` maps a path below /etc to what is copied there."""

    kind = "standfast"

    def __init__(self, node, configuration, files, environment=None):
        self.configuration = configuration
        base = pathlib.Path(node.network.directory) / f"etc-{node.name}-{len(node.daemons)}"
        for part in ("upper", "work"):
            (base / part).mkdir(parents=True, mode=0o755)
        for path, source in files.items():
            target = base / "upper" / pathlib.Path(path).relative_to("/etc")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            # As an operator installs them: programs for all, secrets for root.
            target.chmod(0o755 if pathlib.Path(source).read_bytes().startswith(b"#!") else 0o600)
        overlay = f"lowerdir=/etc,upperdir={base}/upper,workdir={base}/work"
        super().__init__(node, ["sh", "-c", 'mount -t overlay -o "$1" overlay /etc && shift && exec "$@"', "sh", overlay,
                                compatible_name(node.network), "-n", "-l", "-D", "-f", configuration],
                         self.kind, environment)
