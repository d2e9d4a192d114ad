//! What a container can see of itself.

use super::Surroundings;

/// The machine's name, which in a container is the container's, and in a pod the pod's.
pub(super) fn host_name(surroundings: &Surroundings) -> Option<String> {
    let name = surroundings.variable("HOSTNAME").or_else(|| surroundings.file("/proc/sys/kernel/hostname"))?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The id that the container's runtime gave it: 64 hexadecimal digits.
///
/// With control groups of version 1 it is the end of a path in `/proc/self/cgroup`; with version 2 that file says
/// nothing, and the files which the runtime mounts for the container have it in their paths.
pub(super) fn container_id(surroundings: &Surroundings) -> Option<String> {
    let of_groups = surroundings.file("/proc/self/cgroup").and_then(|groups| {
        groups.lines().find_map(|line| line.rsplit('/').find_map(|part| id_in(part)).map(str::to_owned))
    });
    of_groups.or_else(|| {
        let mounts = surroundings.file("/proc/self/mountinfo")?;
        let own = ["/containers/", "/overlay-containers/", "/sandboxes/"];
        mounts.lines().filter(|line| line.contains("/hostname") || line.contains("/resolv.conf")).find_map(|line| {
            let (_, rest) = own.iter().find_map(|folder| line.split_once(folder))?;
            id_in(rest.split('/').next()?).map(str::to_owned)
        })
    })
}

/// The 64 hexadecimal digits that are all of the text but for `docker-` before and `.scope` behind them.
fn id_in(part: &str) -> Option<&str> {
    part.split(['-', '.', ':']).find(|piece| piece.len() == 64 && piece.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
