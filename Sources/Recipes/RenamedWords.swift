// What recipes of earlier versions call otherwise: so that their error names the word of today.

/// Keys, by their old names.
let renamedKeys = [
    "damaged_images": "max_corrupt_images",
    "least_crop": "min_crop_scale",
    "long_side": "max_size",
    "proposals_after_nms": "post_nms_topk",
    "proposals_after_nms_test": "post_nms_topk_test",
    "proposals_before_nms": "pre_nms_topk",
    "proposals_before_nms_test": "pre_nms_topk_test",
    "short_side": "min_size",
    "short_side_sampling": "min_size_sampling",
    "short_side_test": "min_size_test",
    "watched_pictures": "watched_images",
]

/// Keys that several stand for now, of which a section has those that it asks for.
let splitKeys = ["extra_norm": ["res5_norm", "neck_norm", "box_head_norm", "mask_head_norm"]]

/// Values that are words, by their old names.
let renamedValues = ["frozen": "frozen_bn", "synchronised": "sync_bn", "trained": "bn"]
