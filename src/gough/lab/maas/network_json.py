"""VLANs and subnets as the API shows them, alone and inside a machine's interfaces."""

from typing import Any

from gough.lab.maas.networks import Networks, Subnet, Vlan

SPACE = "undefined"


def vlan_json(networks: Networks, vlan: Vlan) -> dict[str, Any]:
    fabric = networks.fabrics[vlan.fabric_id]
    untagged = networks.untagged(fabric.id) is vlan
    return {
        "vid": vlan.vid, "mtu": vlan.mtu, "dhcp_on": vlan.dhcp_on, "external_dhcp": None,
        "relay_vlan": vlan_json(networks, networks.vlans[vlan.relay_vlan]) if vlan.relay_vlan else None,
        "primary_rack": vlan.primary_rack, "secondary_rack": vlan.secondary_rack, "fabric": fabric.name,
        "fabric_id": fabric.id, "space": SPACE, "name": "untagged" if untagged else vlan.name or str(vlan.vid),
        "id": vlan.id, "resource_uri": f"/MAAS/api/2.0/vlans/{vlan.id}/",
    }  # fmt: skip


def subnet_json(networks: Networks, subnet: Subnet) -> dict[str, Any]:
    return {
        "name": subnet.name, "description": subnet.description,
        "vlan": vlan_json(networks, networks.vlans[subnet.vlan_id]), "cidr": subnet.cidr,
        "rdns_mode": subnet.rdns_mode, "gateway_ip": subnet.gateway_ip, "dns_servers": list(subnet.dns_servers),
        "allow_dns": subnet.allow_dns, "allow_proxy": subnet.allow_proxy, "active_discovery": subnet.active_discovery,
        "managed": subnet.managed, "disabled_boot_architectures": [], "id": subnet.id, "space": SPACE,
        "resource_uri": f"/MAAS/api/2.0/subnets/{subnet.id}/",
    }  # fmt: skip
