"""Logistic regression with an L1 penalty: is it a victim, from who had opened the record."""

import numpy as np
from sklearn.linear_model import LogisticRegressionCV

from baselines import NEARLY_ALL, Bools, Floats

PENALTIES = 8
FOLDS = 5


def l1_logistic(touched: Bools, is_victim: Bools, *, seed: int, at_least: int = 2) -> Floats:
    """Fit victims against matched controls; the penalty is chosen by cross-validation.

    Args:
        touched: bool (k, m); who had opened each record, of victims and controls of their strata.
        is_victim: bool (k,).
        seed: of the folds' shuffling in the solver.
        at_least: victims an actor must have touched to get a coefficient.

    Returns:
        float (m,): the coefficients, larger = more suspect; 0 for the rest.
    """
    hits = touched[is_victim].sum(axis=0)
    usable = (hits >= at_least) & (touched.mean(axis=0) <= NEARLY_ALL)
    scores = np.zeros(touched.shape[1])
    if usable.any() and min(is_victim.sum(), (~is_victim).sum()) >= FOLDS:
        model = LogisticRegressionCV(
            Cs=np.geomspace(0.02, 20, PENALTIES),
            cv=FOLDS,
            l1_ratios=(1.0,),
            solver="liblinear",
            scoring="neg_log_loss",
            random_state=seed,
            max_iter=400,
            use_legacy_attributes=False,
        )
        model.fit(touched[:, usable].astype(np.float64), is_victim)
        scores[usable] = model.coef_[0]
    return scores
