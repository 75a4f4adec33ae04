"""The IPVS plane against a kernel that has IPVS: the unit tests that skip on this machine run in a guest."""

import pytest
from lab import programs, uml


@pytest.mark.skipif(not uml.available(), reason="tools/fetch-peers has not fetched User Mode Linux")
def test_the_unit_tests_of_the_plane_pass_and_none_is_skipped():
    done = uml.run_in_guest([programs.unit_test("runtime"), "--gtest_filter=Ipvs*"], modules=["ip_vs", "veth", "sctp"], timeout=200)
    said = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, said
    assert "SKIPPED" not in said, said
    assert "[  PASSED  ]" in said, said
