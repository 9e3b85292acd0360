//! Korean names of companies, machines, people and departments. Their plain letters stand behind a bar, or in `letters`.

use super::{Culture, Staff};

pub(crate) static KOREAN: Culture = Culture {
    stems: &["한빛", "서울", "다온", "무궁화", "한강", "새벽", "은하", "동해"],
    trades: &["치과", "물류", "회계", "건설", "식품", "정밀", "약국"],
    shapes: &["{s} {t}", "주식회사 {s}{t}"],
    people: &["kim", "lee", "park", "choi", "jung", "kang", "cho", "yoon", "jang", "lim", "han", "oh", "seo", "shin", "kwon", "hwang"],
    desk: None,
    staff: &STAFF,
};

static STAFF: Staff = Staff {
    given: &[
        "서연|seoyeon",
        "민준|minjun",
        "지우|jiwoo",
        "도윤|doyun",
        "하은|haeun",
        "현우|hyunwoo",
        "수빈|subin",
        "지훈|jihoon",
        "예린|yerin",
        "성민|sungmin",
        "은지|eunji",
        "태양|taeyang",
    ],
    family: &[
        "김|kim",
        "이|lee",
        "박|park",
        "최|choi",
        "정|jung",
        "강|kang",
        "조|cho",
        "윤|yoon",
        "장|jang",
        "임|lim",
        "한|han",
        "오|oh",
        "서|seo",
        "신|shin",
        "권|kwon",
        "황|hwang",
    ],
    family_first: true,
    departments: &[
        "영업팀|sales",
        "경리팀|accounting",
        "인사팀|hr",
        "기술팀|tech",
        "창고|warehouse",
        "고객지원|support",
        "구매팀|purchase",
        "품질팀|quality",
    ],
    project: "프로젝트|project",
};
