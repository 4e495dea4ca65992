"""Each protection that `make mutants` takes out is still where it is looked for."""

from __future__ import annotations

import pytest

from scripts import mutants


@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda mutant: mutant.about)
def test_what_is_taken_out_is_there_and_so_is_its_test(mutant: mutants.Mutant) -> None:
    source = (mutants.ROOT / mutant.path).read_text(encoding="utf-8")
    assert mutant.old in source
    assert mutant.old != mutant.new
    name, _, test = mutant.test.partition("::")
    assert f"def {test}" in (mutants.ROOT / name).read_text(encoding="utf-8")
