"""A bundle as an Expert Advisor for MetaTrader 5: a folder of MQL5 source beside the bundle's ONNX file.

    files = expert_files(bundle, tradable=True, expires_us=expires_us)    # {"ticklake_EURUSD.mq5": b"...", ...}
    archive = write_archive(files)                                        # GET /v1/models/EURUSD/expert

The text of the rules is the same for every model and lies in `source`; every number is written from the constants and
the bundle that the endpoint computes with. Tests compile both as C++ and hold them to our float64 bits.
"""

from __future__ import annotations

from importlib.resources import files

from ticklake_assets.core.bundle_files import PATTERN
from ticklake_assets.core.errors import BundleError
from ticklake_assets.core.feature_kernel import BUILT_IN, BUILT_IN_VERSION
from ticklake_assets.core.quotes import RULES_VERSION
from ticklake_assets.core.schemas import names
from ticklake_assets.modeling.deployed.bundle import Bundle, expect_fit
from ticklake_assets.modeling.deployed.expert.golden_ticks import golden_source
from ticklake_assets.modeling.deployed.expert.numbers import model_source
from ticklake_assets.modeling.deployed.onnx_scoring import PROBABILITIES, OnnxModel

_WRITTEN_FOR = {"kernel": "2", "rules": "2"}
"""What the text in `source` does. Whoever changes kernel or rules changes it there, too."""
_SOURCES = ("rules.mqh", "features.mqh", "orders.mqh", "decision.mqh", "clock.mqh", "checks.mqh")


def expert_files(bundle: Bundle, *, tradable: bool, expires_us: int) -> dict[str, bytes]:
    """Every file of the expert by name.

    Raises:
        BundleError: the model sees features of this installation's own, which exist in Python alone, or the ONNX file
            answers in a way that MQL5 has no types for.
    """
    expect_fit("kernel of the expert", _WRITTEN_FOR["kernel"], BUILT_IN_VERSION)
    expect_fit("cleaning rules of the expert", _WRITTEN_FOR["rules"], RULES_VERSION)
    own = tuple(names(BUILT_IN))
    if bundle.manifest.features != own:
        added = [name for name in bundle.manifest.features if name not in own]
        raise BundleError(
            f"The model can't be exported to MQL5: it sees {added}. Expected the kernel's own features, as those of "
            "core/added/features are Python"
        )
    outputs = OnnxModel(bundle.parts.pattern_onnx).outputs
    if outputs not in ((PROBABILITIES,), ("label", PROBABILITIES)):
        raise BundleError(f"The ONNX file can't be run by MQL5. Expected {PROBABILITIES}, was {outputs}")
    numbers = model_source(bundle, tradable=tradable, expires_us=expires_us, has_label=len(outputs) > 1)
    texts = {name: _source(name) for name in _SOURCES}
    texts["model.mqh"], texts["golden.mqh"] = numbers, golden_source(bundle)
    texts[f"ticklake_{bundle.instrument.symbol}.mq5"] = _source("expert.mq5")
    symbol = bundle.instrument.symbol
    texts["README.txt"] = _source("README.txt").replace("SYMBOL", symbol).replace("DIGEST", bundle.digest)
    return {PATTERN: bundle.parts.pattern_onnx} | {name: text.encode() for name, text in texts.items()}


def _source(name: str) -> str:
    return (files(__package__) / "source" / name).read_text(encoding="utf-8")
