"""Which web addresses may be called: by how they are written, and by what they are looked up to."""

from ipaddress import ip_network

import pytest

from hubao.desk.core.reach import OutOfReach, Place, Reach

PRODUCTION, TRYING = Reach(), Reach(loopback=True)
INSIDE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255",  # noqa: S104 - nobody listens
    "[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[fec0::1]", "[ff0e::1]",
    # IPv4 within IPv6: mapped, compatible, translated (NAT64), 6to4, Teredo.
    "[::ffff:10.0.0.1]", "[::ffff:127.0.0.1]", "[::10.0.0.1]", "[64:ff9b::a00:1]",
    "[2002:a00:1::1]", "[2001:0:a00:1::1]",
)  # fmt: skip
ODD = (
    "", "crm.example", "//crm.example/x", "ftp://crm.example/", "file:///etc/passwd",
    "https://", "https:///x", "https://.example/", "https://li@crm.example/",
    "https://li:secret@crm.example/", "https://crm.example/#top", "https://crm.example/a b",
    "https://crm.example/\r\nx: y", "https://crm.example:99999/", "https://crm.example:x/",
    "https://保险.example/", "https://[::1/", "https://crm.example/" + "x" * 500,
)  # fmt: skip


class TestPlace:
    def test_takes_an_address_apart(self) -> None:
        assert PRODUCTION.place("https://CRM.example:8443/a/b?c=d") == Place(
            "https", "crm.example", 8443, "/a/b?c=d"
        )
        assert PRODUCTION.place("https://crm.example") == Place("https", "crm.example", 443, "/")

    @pytest.mark.parametrize("url", ODD)
    def test_refuses_what_is_not_written_as_it_must_be_and_repeats_nothing(self, url: str) -> None:
        with pytest.raises(OutOfReach) as refused:
            TRYING.place(url)

        assert "secret" not in refused.value.message

    @pytest.mark.parametrize("host", INSIDE)
    def test_refuses_numbers_inside(self, host: str) -> None:
        with pytest.raises(OutOfReach, match="points inside"):
            PRODUCTION.place(f"https://{host}/")

    @pytest.mark.parametrize("host", ["1.1.1.1", "[2606:4700::1111]", "crm.example"])
    def test_takes_what_is_outside(self, host: str) -> None:
        assert PRODUCTION.place(f"https://{host}/").port == 443

    def test_wants_tls_in_production(self) -> None:
        with pytest.raises(OutOfReach, match="https://"):
            PRODUCTION.place("http://crm.example/")

    def test_of_networks_inside_takes_those_of_the_setting_only(self) -> None:
        reach = Reach(networks=(ip_network("10.20.0.0/16"), ip_network("fd00:20::/32")))

        assert reach.place("https://10.20.1.1/").host == "10.20.1.1"
        assert reach.place("https://[fd00:20::1]/").host == "fd00:20::1"
        assert reach.place("https://[::ffff:10.20.1.1]/")
        for host in ("10.21.1.1", "127.0.0.1", "[fd00:21::1]"):
            with pytest.raises(OutOfReach):
                reach.place(f"https://{host}/")

    @pytest.mark.parametrize("host", ["10.1.2.3", "169.254.169.254", "1.1.1.1"])
    def test_without_tls_takes_this_machine_only_and_not_in_production(self, host: str) -> None:
        assert TRYING.place("http://127.0.0.1:8000/").port == 8000
        assert TRYING.place("http://[::1]:8000/").port == 8000
        with pytest.raises(OutOfReach):
            TRYING.place(f"http://{host}/")


@pytest.mark.allow_hosts(["127.0.0.1"])  # no connection, but look-ups
class TestAddresses:
    # Names and spellings that only a look-up shows to be this machine.
    @pytest.mark.parametrize("host", ["localhost", "2130706433", "127.1", "0x7f.0.0.1"])
    def test_refuses_names_that_lead_inside(self, host: str) -> None:
        place = PRODUCTION.place(f"https://{host}/")

        with pytest.raises(OutOfReach, match="points inside"):
            PRODUCTION.addresses(place)

    def test_gives_this_machine_to_whoever_tries_hubao_out(self) -> None:
        found = TRYING.addresses(TRYING.place("http://localhost/"))

        assert found
        assert all(one.is_loopback for one in found)

    @pytest.mark.parametrize("host", ["x" * 70, "a..b"])
    def test_tells_where_there_is_no_such_name(self, host: str) -> None:
        with pytest.raises(OSError, match=r".*"):
            TRYING.addresses(Place("https", host, 443, "/"))
