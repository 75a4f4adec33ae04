"""Configuration files, made from what a test varies."""


def instance(name="VI", vrid=51, priority=100, state="BACKUP", version=None, advert="1", addresses=("172.20.76.100/24",),
             interface="eth0", extra=()):
    lines = [f"vrrp_instance {name} {{", f"    state {state}", f"    interface {interface}", f"    virtual_router_id {vrid}",
             f"    priority {priority}", f"    advert_int {advert}"]
    if version:
        lines.append(f"    version {version}")
    lines += [f"    {line}" for line in extra]
    lines += ["    virtual_ipaddress {", *(f"        {address}" for address in addresses), "    }", "}", ""]
    return "\n".join(lines)


def unicast(me, *peers):
    return [f"unicast_src_ip {me}", "unicast_peer {", *(f"    {peer}" for peer in peers), "}"]


def password(text="s3cret", kind="PASS"):
    return ["authentication {", f"    auth_type {kind}", f"    auth_pass {text}", "}"]
