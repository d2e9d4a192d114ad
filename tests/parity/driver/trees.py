"""Documents joined to trees. Nothing that tells them apart is lost: what is not a field of a node becomes one, in parentheses."""

from .documents import Malformed

# Ids that a scenario gives, and the ones that are nothing but zeroes, are not random.
KEPT_IDS = {"1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8", "1-00000000-" + "0" * 24, "0" * 16}
ALONE = "(own document)"
OUTLIVES = "(ends after its parent)"
OF_A_DOCUMENT = ("trace_id", "parent_id", "type")
CLOCK_TOLERANCE = 0.001


def join(documents, began, ended):
    """The roots, each with all its descendants under `subsegments`, in the order of their start times.

    A subsegment that came in a document of its own keeps what only documents need under `(own document)`, with the word whether that was sent
    before or after the document of its parent.
    """
    nodes, parents, sent = {}, {}, {}

    def add(node, parent, number):
        if not node.get("subsegments", True):
            raise Malformed(f"{node.get('name')!r} has subsegments, and none is in them")
        node = {**node, "subsegments": list(node.get("subsegments", []))}
        identity = node.get("id")
        if identity in nodes:
            raise Malformed(f"the id {identity} was sent twice")
        nodes[identity], parents[identity], sent[identity] = node, parent, number
        check_order(node)
        node["subsegments"] = [add(child, identity, number) for child in node["subsegments"]]
        return node

    roots = []
    for number, document in enumerate(documents):
        add(document, document.get("parent_id"), number)
    for document in documents:
        identity = document.get("id")
        node, parent = nodes[identity], nodes.get(parents[identity])
        if parent is None:
            roots.append(node)
        else:
            order = "before its parent" if sent[identity] < sent[parents[identity]] else "after its parent"
            node[ALONE] = {key: node.pop(key) for key in OF_A_DOCUMENT if key in node} | {"sent": order}
            parent["subsegments"].append(node)
    for node in nodes.values():
        node["subsegments"].sort(key=start_time)
    roots.sort(key=start_time)
    for root in roots:
        check_times(root, began, ended)
    return roots


def start_time(node):
    return node.get("start_time", 0)


def check_order(node):
    """The console shows the children of a node as they stand in the document."""
    children = node["subsegments"]
    if any(start_time(child) > start_time(following) for child, following in zip(children, children[1:])):
        raise Malformed(f"the subsegments of {node.get('name')!r} do not stand in the order in which they began: {[child.get('name') for child in children]}")


def check_times(node, began, ended, parent=None):
    start, end = node.get("start_time"), node.get("end_time", node.get("start_time"))
    earliest = parent["start_time"] if parent else began - CLOCK_TOLERANCE
    if any(not isinstance(time, float) for time in (start, end)):
        raise Malformed(f"a time of {node.get('name')!r} is not a number with decimals: {start!r}, {end!r}")
    if not earliest <= start <= end <= ended + CLOCK_TOLERANCE:
        raise Malformed(f"the times of {node.get('name')!r} are out of order: {earliest} <= {start} <= {end} <= {ended}")
    if parent and end > parent.get("end_time", end):
        node[OUTLIVES] = True
    for child in node["subsegments"]:
        check_times(child, began, ended, node)
