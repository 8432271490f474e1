"""What names and streets of the simulated insurer's customers are made of."""

from collections.abc import Sequence

# Share of each surname, in people per 10,000. The first twenty: population census of 2010, as the
# National Bureau of Statistics gave them to the press in June 2014. The others: household register
# of 2008 (Bao, ChineseNames, https://doi.org/10.32614/CRAN.package.ChineseNames), rounded. Both
# approximate, and of all ages and places alike; people of other surnames are left out.
SURNAMES = {
    "王": 710, "李": 696, "张": 642, "刘": 516, "陈": 426, "杨": 297, "黄": 216, "赵": 203,
    "周": 188, "吴": 178, "徐": 143, "孙": 139, "马": 134, "胡": 116, "朱": 114, "郭": 109,
    "何": 105, "罗": 100, "高": 97, "林": 96, "郑": 91, "梁": 84, "谢": 75, "宋": 73,
    "唐": 71, "韩": 64, "许": 64, "冯": 63, "邓": 62, "曹": 62, "彭": 59, "曾": 57,
    "肖": 55, "田": 54, "董": 53, "袁": 52, "于": 51, "潘": 51, "蒋": 49, "杜": 49,
    "蔡": 49, "余": 48, "程": 47, "魏": 46, "叶": 46, "吕": 45, "丁": 45, "苏": 45,
    "任": 43, "沈": 42, "姚": 42, "姜": 41, "卢": 41, "崔": 40, "钟": 39, "谭": 38,
    "汪": 38, "范": 38, "陆": 37, "金": 37,
}  # fmt: skip

# Characters common in given names, all taken as equally likely: a prior, as is the share of people
# with one character only.
FEMALE = "英秀玉珍兰芳丽娟敏静桂凤红艳梅燕霞玲萍莉娜婷慧洁琴云莲雪琳颖倩欣怡佳梦蓉菊翠淑香"
MALE = "伟强军勇杰涛明超平刚辉鹏华飞国建志文德忠林海峰波斌宇浩磊俊毅东亮成宏永庆健龙新学"
ONE_CHARACTER = 0.15

# Streets: two characters and a kind. Of no map; where a street somewhere is called so too, the
# region and the branch before it still are not there.
STREET_FIRST: Sequence[str] = tuple("澄霁岚砚翎栖汀蔚筠岫霖璟")
STREET_SECOND: Sequence[str] = tuple("禾槐笛澜棠砂萤杉鹭埠")
STREET_KINDS: Sequence[str] = ("路", "街")
