"""Converts SavedModels for tfjs's GraphModel.

    python bench/inference_graph_models.py SAVED_MODEL TARGET...

Writes TARGET/model.json, or what the converter said into TARGET/refused.txt.
"""

import os
import pathlib
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model

for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
  try:
    convert_tf_saved_model(source, target, use_structured_outputs_names=True)
  except Exception as error:
    pathlib.Path(target).mkdir(exist_ok=True)
    (pathlib.Path(target) / 'refused.txt').write_text(repr(error))
print('null')
