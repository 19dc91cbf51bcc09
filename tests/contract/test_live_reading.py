"""What is only read of any region, whatever it happens to hold: images, their sources, what scripts said."""

from itertools import islice

from gough.adapters.maas import MaasClient

from .harness import Target


def test_boot_resources_are_read_one_by_one_as_they_are_listed(maas: MaasClient) -> None:
    listed = maas.boot_resources.list()
    assert all(found.id and found.name and "/" in found.architecture for found in listed)
    for found in listed[:3]:
        one = maas.boot_resources.get(found.id)
        assert (one.id, one.name, one.architecture) == (found.id, found.name, found.architecture)
        assert one.sets is not None and all(each.version for each in one.sets.values())
    assert maas.boot_resources.is_importing() in (True, False)


def test_boot_sources_are_read_with_what_is_selected_of_them(maas: MaasClient) -> None:
    for source in maas.boot_sources.list():
        assert maas.boot_sources.get(source.id) == source
        assert source.url.startswith(("http://", "https://"))
        for selection in maas.boot_sources.selections(source.id).list():
            assert selection.os and selection.release and selection.arches


def test_script_results_are_read_of_a_new_machine_and_of_some_that_have_any(target: Target, maas: MaasClient) -> None:
    assert all(not found.output for found in maas.script_results(target.new_machine()))
    for system_id in islice(sorted(maas.system_ids()), 3):
        for found in maas.script_results(system_id):
            assert found.name and found.status
