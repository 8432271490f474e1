import dataclasses
import numpy as np, pytest
from hubao.kit.errors import BadInput
from hubao.trace import rates
from tests.makers.logs import *
from tests.trace.test_arrivals import arrived, cuts
from tests.trace.test_indexed import indexed, answered, messy

def test_1_two_spans_double_the_background():
    rng = np.random.default_rng(0)
    seen = rng.random((30, 2000)) < rng.uniform(.02, .6, size=(30, 1))
    w = Seen(seen, np.zeros(2000, dtype=np.int64), rng.choice(2000, 100, replace=False)).world()
    w = w.but(accesses=[*w.accesses, Access("agent-000", policy(0), 400.0 * DAY)])
    assert traced(w, strata=["branch"]).background_share > 0.9
    assert traced(w, strata=["access_degree"]).background_share > 0.9

@pytest.mark.parametrize("k", [5, 6, 7, 8, 11, 14])
def test_2_all_twins_in_the_group(k):
    w = loners(3, sources={30: 20}, noise=10)
    w.seen[20 - k + 1:20] = w.seen[30]
    r = traced(w.world())
    assert len(r.named[0]) == k and "agent-030" in r.named[0]

def test_3_fit_does_not_depend_on_start():
    reduced = loners(5, sources={3: 6, 7: 4}, noise=5, actors=9, records=300).reduced()
    sources = np.array([reduced.actors.index("agent-003"), reduced.actors.index("agent-007")])
    fits = [rates.fit(reduced, sources, np.array(s)) for s in ([1.0, 1.0], [30.0, 0.5], [200.0, 200.0])]
    for f in fits[1:]:
        assert f.shares == pytest.approx(fits[0].shares, abs=1e-3)
        assert f.log_likelihood == pytest.approx(fits[0].log_likelihood, abs=0.01)

def test_4_a_contact_is_never_later_than_its_first_report():
    assert cuts(arrived([Call("a", None, 5.0), Call("a", 10.0, 12.0)])) == [5.0]

@pytest.mark.parametrize("kept", [.75, .85, .9, .97, .99])
def test_5_truncated(kept, tmp_path):
    world = messy(0)[0]; indexed(world, [list(world.accesses)], tmp_path / "i")
    b = (tmp_path / "i").read_bytes(); (tmp_path / "i").write_bytes(b[:int(len(b) * kept)])
    with pytest.raises(BadInput):
        answered(world, tmp_path / "i")

def test_6_truncated_add(tmp_path):
    world = messy(0)[0]; indexed(world, [list(world.accesses)], tmp_path / "i")
    b = (tmp_path / "i").read_bytes(); (tmp_path / "i").write_bytes(b[:int(len(b) * .9)])
    from hubao.trace.index import build_index
    with pytest.raises(BadInput):
        build_index([access_table(world.accesses[:3])], out=tmp_path / "i")
@pytest.mark.parametrize("a", [5e-324, 1e-309])
def test_7_alpha(a):
    from tests.trace.figures import assert_finite
    assert_finite(traced(loners(61, sources={2: 8}, noise=4, actors=6).world(), alpha=a))

def test_8_needed():
    out=[]
    for seed in range(8):
        r=traced(teams(seed,source=2,leaked=12,noise=4,shared=.96).world()); out.append((r.victims_needed, r.named))
    print(out); assert all(n is not None for n,g in out)

def test_9_shares_sum():
    for seed in range(6):
        r=traced(teams(seed,source=2,leaked=30,noise=20).world())
        tot=sum(s.share for s in r.suspects)+r.background_share; print(seed,tot,r.background_share)
        assert tot==pytest.approx(1,abs=.1)
